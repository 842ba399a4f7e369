"""What can be wrong with sittings, proctors and dispatches."""

from registry.errors import AssessmentError


class RoomTakenError(AssessmentError):
    """Another sitting occupies the room at that time."""

    code = "room_taken"
    text = "考场{room}在该时段已有第{number}场（计划{plan}）。请更换考场或时间。"


class UnsuitableRoomError(AssessmentError):
    """The room is not equipped for the mode."""

    code = "unsuitable_room"
    text = "考场{room}不能用于该考核方式。上机考试选机房，答题卡选纸笔考场，实操选实操考场。"


class NobodyPassedError(AssessmentError):
    """There is nobody to arrange."""

    code = "nobody_passed"
    text = "没有审核通过的考生，不能编排考场。"


class NotOnDutyError(AssessmentError):
    """The account is no proctor, or already on duty at that time."""

    code = "not_available_as_proctor"
    text = "“{name}”{reason}，不能安排监考。请选择其他监考员。"


class ExaminerGroupError(AssessmentError):
    """The group is too small, repeats somebody or has no lead of its own."""

    code = "examiner_group"
    text = "考评小组须有至少3名不同的考评员，并由其中1人担任组长。请调整后重新派遣。"


class ExaminerCardError(AssessmentError):
    """An examiner's card is not valid on the day."""

    code = "examiner_card"
    text = "考评员{name}的证卡在{on}不在有效期内。请更换考评员或先办理证卡延期。"


class ExaminerNotQualifiedError(AssessmentError):
    """An examiner is not qualified for the project (R-352)."""

    code = "examiner_not_qualified"
    text = "考评员{name}没有“{project}”的考评资格。请更换考评员。"


class ExaminerBusyError(AssessmentError):
    """An examiner is sent elsewhere at that time."""

    code = "examiner_busy"
    text = "考评员{name}在该时段已被派往其他场次。请更换考评员。"


class WrongAdmissionNumberError(AssessmentError):
    """The check digit does not fit, or no such number was given."""

    code = "wrong_admission_no"
    text = "准考证号不正确。请对照准考证重新输入13位数字。"
