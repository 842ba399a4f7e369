"""What can be wrong with an enrolment or a roster."""

from registry.errors import AssessmentError


class DuplicateEnrolmentError(AssessmentError):
    """The same person is already on the roster of this plan."""

    code = "duplicate_enrolment"
    text = "证件号码{id_number}已在本计划中报名（{name}），不要重复录入。"


class OverlappingEnrolmentError(AssessmentError):
    """The same person passed the audit of another plan that is not over yet."""

    code = "overlapping_enrolment"
    text = "该考生已在另一个未结束的考核计划中通过审核（同一项目或同一天），本次不能再报名。"


class NameDiffersError(AssessmentError):
    """The ID number is on record with another name."""

    code = "name_differs"
    text = (
        "该身份证号码已登记的姓名与本次填写的不一致。请核对身份证原件；确已更名的，请联系市中心。"
    )


class TypedDataDiffersError(AssessmentError):
    """A typed gender or birth date contradicts the ID number."""

    code = "typed_data_differs"
    text = "填写的{field}与身份证号码不一致。请核对身份证号码，或删去填写的{field}。"


class EmptyRosterError(AssessmentError):
    """There is nobody to hand in."""

    code = "empty_roster"
    text = "没有待提交的考生。请先录入考生，或修改被退回的考生信息。"


class UndecidedEnrolmentsError(AssessmentError):
    """The feedback covers the whole roster or nothing (R-324)."""

    code = "undecided_enrolments"
    text = "还有{count}名考生未审核。请全部审核后一次性反馈。"


class RefusalReasonError(AssessmentError):
    """A refusal needs its reason."""

    code = "refusal_reason_missing"
    text = "不予通过须写明原因，便于机构一次性补正。"
