"""Refusals of paper custody, worded for the person who seals or opens."""

from registry.errors import AssessmentError


class UnlockRefusedError(AssessmentError):
    """The key was not put together; the attempt is kept in the audit log."""

    code = "unlock_refused"
    text = "没有启封试卷。"


class EarlyUnlockError(UnlockRefusedError):
    """It is too early."""

    code = "too_early"
    text = "还不能启封试卷：计划 {starts} 开考，最早 {earliest} 启封。请到时再输入启封码。"


class WrongUnlockCodeError(UnlockRefusedError):
    """A code does not open its share."""

    code = "wrong_unlock_code"
    text = "{slip}的启封码不对。请对照启封单逐位核对后重新输入；试卷没有启封。"


class WrongKeeperError(UnlockRefusedError):
    """The second person may not open this sitting."""

    code = "wrong_keeper"
    text = "“{name}”不能启封本场试卷：须为考核机构负责人或另一位在岗监考员的登录名，不能是您本人。"


class FormMissingError(AssessmentError):
    """A candidate has no sealed paper."""

    code = "form_missing"
    text = (
        "有 {number} 名考生没有封存的试卷（封存后又编排了座位）。请由试卷签发人启封后重新封存本场。"
    )


class WrongWitnessError(AssessmentError):
    """The second person at the sealing may not vouch."""

    code = "wrong_witness"
    text = "“{name}”不能在场见证：须为另一位试卷签发人或题库管理员，并输入其本人的密码。"
