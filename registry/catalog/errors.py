"""What a person can do wrong with the catalog, its specifications and their development."""

from collections.abc import Sequence

from registry.catalog.rules.specification import Remark
from registry.errors import AssessmentError


class SpecificationNotFiledError(AssessmentError):
    """No specification of the project has been filed with the ministry and is in force (R-101)."""

    code = "specification_not_filed"
    text = "项目“{project}”的考核规范尚未通过国家审核备案或尚未生效，不能安排考核。请选择其他项目。"


class FaultySpecificationError(AssessmentError):
    """The document is not complete or not right; ``faults`` name every place."""

    code = "faulty_specification"
    text = "考核规范有 {count} 处需要更正：{first}"

    def __init__(self, faults: Sequence[Remark]) -> None:
        super().__init__(count=len(faults), first=faults[0].text)
        self.faults = tuple(faults)


class UnfinishedSpecificationError(AssessmentError):
    """A project has one version on its way at a time."""

    code = "unfinished_specification"
    text = (
        "项目“{project}”的考核规范第 {version} 版尚未公布，不能再起草新版本。请先完成或撤回该版本。"
    )


class SimilarProjectError(AssessmentError):
    """A project like one of the catalog goes on only with a written reason (R-204)."""

    code = "similar_project"
    text = "与已有项目相近：{names}。原则上不再开发，如确需开发，请写明理由。"


class NotInCatalogError(AssessmentError):
    """A project that left the catalog gets no new specification."""

    code = "not_in_catalog"
    text = "项目“{project}”已退出考核目录，不能起草或公布考核规范。"
