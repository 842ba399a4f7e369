"""Refusals of the exam room, worded for the candidate or the proctor who meets them."""

from registry.errors import AssessmentError


class NotInRoomError(AssessmentError):
    """The browser holds no lease."""

    code = "not_signed_in"
    text = "您尚未登录考场，或登录已被取消。您的答案已保存在本机，请举手联系监考人员。"


class WrongAdmissionNoError(AssessmentError):
    """The check digit of the admission number does not fit."""

    code = "wrong_admission_no"
    text = "准考证号有误，校验不通过。请对照准考证逐位核对后重新输入。"


class WrongRoomCodeError(AssessmentError):
    """Number and room code do not fit together."""

    code = "wrong_room_code"
    text = "准考证号与考场口令不符。请核对准考证号，并以监考员公布的本场口令为准。"


class TooManyAttemptsError(AssessmentError):
    """Too many failures for this number."""

    code = "too_many_attempts"
    text = "连续输错次数过多，请等待 {minutes} 分钟后再试，或举手联系监考人员。"


class CheckInClosedError(AssessmentError):
    """The room does not take candidates now."""

    code = "check_in_closed"
    text = "本场考试{state}，现在不能登录。请举手联系监考人员。"


class MarkedAbsentError(AssessmentError):
    """The candidate has been recorded as absent."""

    code = "marked_absent"
    text = "您在本场已登记为缺考，不能登录。如登记有误，请举手由监考员撤销。"


class DeferredError(AssessmentError):
    """The candidate has been deferred to a later batch."""

    code = "deferred"
    text = "您在本场已登记为缓考，不能登录。如登记有误，请举手由监考员撤销。"


class LateEntryError(AssessmentError):
    """The candidate comes after the limit and nobody has let them in."""

    code = "late_entry"
    text = "开考已满 {minutes} 分钟，按考场规则不能再入场。如有特殊情况，请举手由监考员办理放行。"

    def __init__(self, sitting_id: int, admission_id: int, *, minutes: int) -> None:
        super().__init__(minutes=minutes)
        self.sitting_id, self.admission_id = sitting_id, admission_id


class TooEarlyError(AssessmentError):
    """The candidate wants to hand in before the earliest time."""

    code = "too_early"
    text = "还没有到可以交卷的时间，请再等待 {left}。可以继续作答和检查。"


class IdentityRefusedError(AssessmentError):
    """The check of identity at the door has refused the candidate."""

    code = "identity_refused"
    text = "您的身份核验未通过，不能登录。请举手或到签到台，由监考人员重新核验。"


class AttemptEndedError(AssessmentError):
    """The attempt has ended; nothing more is accepted."""

    code = "attempt_ended"
    text = "本场考试已经结束，不能再作答。此后的操作已另行留存，不计入成绩。"


class NotOnDutyError(AssessmentError):
    """The proctor is not assigned to this sitting."""

    code = "not_on_duty"
    text = "您不是本场的监考员，不能操作这个考场。请联系考点负责人安排。"


class ReviewerError(AssessmentError):
    """The second person cannot check this action."""

    code = "wrong_reviewer"
    text = "复核人“{name}”无效：须为另一位在岗监考员的登录名。请改填后重试。"


class RoomNotReadyError(AssessmentError):
    """The room cannot do that in its present state."""

    code = "room_not_ready"
    text = "考场当前{state}，不能{action}。{hint}"


class DeviceRefusedError(AssessmentError):
    """The room asks for an exam browser and this computer has not shown it."""

    code = "device_refused"
    text = "{seen}，不能登录。请举手联系监考人员。"

    def __init__(self, sitting_id: int, admission_id: int, *, seen: str) -> None:
        super().__init__(seen=seen)
        self.sitting_id, self.admission_id, self.seen = sitting_id, admission_id, seen


class OlderStoreError(AssessmentError):
    """The page has already worked with a later generation of this store (R26)."""

    code = "older_store"
    text = "本服务器已由另一台接替，不再接收答案。您的答案已存在本机，请举手联系监考人员。"


class BusyError(AssessmentError):
    """The store is busy; nothing was saved."""

    code = "busy"
    text = "服务器繁忙，本次操作未保存，将自动重试。"

    retry_after_ms = 700
