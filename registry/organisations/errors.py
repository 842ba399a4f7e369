"""What a person can do wrong with institutions and their filings."""

from registry.errors import AssessmentError


class FilingPendingError(AssessmentError):
    """An application of the institution is still waiting for its decision."""

    code = "filing_pending"
    text = "“{institution}”已有一份备案申请待市中心确认，请等待处理结果，不要重复提交。"


class NoFilingInForceError(AssessmentError):
    """The institution has no confirmed filing in force (R-313)."""

    code = "no_filing_in_force"
    text = "“{institution}”没有有效的机构备案，不能编制考核计划。请先申请备案并经市中心确认。"


class ProjectOutsideFilingError(AssessmentError):
    """The filing in force does not cover the project."""

    code = "project_outside_filing"
    text = "项目“{project}”不在本机构的备案范围内。请选择已备案的项目，或申请变更备案。"
