"""What can be wrong with an examiner's entry."""

from registry.errors import AssessmentError


class NotAnExaminerError(AssessmentError):
    """The account does not hold the role of an examiner."""

    code = "not_an_examiner"
    text = "账号“{name}”没有考评员角色，不能登记。请先由系统管理员授予考评员角色。"
