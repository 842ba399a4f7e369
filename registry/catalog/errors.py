"""What a person can do wrong with the catalog."""

from registry.errors import AssessmentError


class SpecificationNotFiledError(AssessmentError):
    """No specification of the project has been filed with the ministry and is in force (R-101)."""

    code = "specification_not_filed"
    text = "项目“{project}”的考核规范尚未通过国家审核备案或尚未生效，不能安排考核。请选择其他项目。"
