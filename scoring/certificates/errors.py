"""What a person can do wrong with blanks and certificates."""

from registry.errors import AssessmentError


class DoubleBlankSerialError(AssessmentError):
    """A serial of the delivery is known already: nothing has been written (R-401)."""

    code = "double_blank_serial"
    text = (
        "流水码{serial}已登记在“{centre}”（{state}），本次起止号中共有{count}张重复，"
        "全部未入库。请核对实物和起止号后重新登记。"
    )


class TooFewBlanksError(AssessmentError):
    """The stock of the city does not suffice."""

    code = "too_few_blanks"
    text = "空白证书库存{present}张，本批需要{needed}张。请先向省中心领用空白证书。"


class NotApprovedError(AssessmentError):
    """Certificates are made only after the approval 证书核发审批."""

    code = "issue_not_approved"
    text = "本批证书尚未审批，不能核发。请先由审批人办理证书核发审批。"


class ApprovalOutdatedError(AssessmentError):
    """The number of passing candidates is not the one that was approved."""

    code = "approval_outdated"
    text = "审批的合格人数为{approved}人，现为{present}人，不一致。请核查后重新审批。"


class ChainBrokenError(AssessmentError):
    """A link between audited enrolment and published result is missing (R-603)."""

    code = "chain_broken"
    text = "准考证号{admission_no}缺少发证依据：{fault}不能核发证书。"
