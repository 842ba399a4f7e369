"""What a person can do wrong with the bank and its papers."""

from collections.abc import Sequence

from item_bank.rules.element_outline import RowFault
from registry.errors import AssessmentError, ConflictError

SHOWN = 5  # faults named in the message; all of them are in ``faults``


class FaultyBankError(AssessmentError):
    """The files of a bank do not fit; every fault is located, nothing was stored."""

    code = "faulty_bank"
    text = "题库文件有 {count} 处错误，未作任何改动。{shown}请改正后重新导入。"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(count=len(faults), shown="".join(faults[:SHOWN]))
        self.faults = tuple(faults)


class FaultyImportError(FaultyBankError):
    """The items of other systems do not fit; every fault is located, nothing was stored."""

    code = "faulty_import"
    text = "导入文件有 {count} 处错误，没有导入任何试题。{shown}请改正后重新导入。"


class FaultyBlueprintError(AssessmentError):
    """A blueprint contradicts itself; every fault is named, nothing was stored."""

    code = "faulty_blueprint"
    text = "组卷方案没有保存。{shown}请改正后重试。"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(shown="".join(faults))
        self.faults = tuple(faults)


class WrongBlueprintError(AssessmentError):
    """The blueprint belongs to another project than the plan, or the plan has no theory."""

    code = "wrong_blueprint"
    text = "组卷方案与考核计划的项目不符，或该计划没有理论科目。请选择本项目的组卷方案。"


class AlteredItemError(AssessmentError):
    """What is stored of an item does not open, or belongs to another version."""

    code = "altered_item"
    text = "试题第 {version} 版的内容已损坏或被改动，不能使用。请报告系统管理员。"


class AlteredPaperError(AssessmentError):
    """What is stored no longer agrees with the hash made at composition."""

    code = "altered_paper"
    text = "第 {number} 套试卷与组卷时的校验值不一致，不能签发。请重新组卷，并报告系统管理员。"


class ChangedBankError(AssessmentError):
    """The bank is not what the drawn papers came from."""

    code = "changed_bank"
    text = "组卷期间题库或组卷方案有变动，本次结果没有保存。请重新组卷。"


class NoReportError(AssessmentError):
    """The set was composed before sets were reported on."""

    code = "no_report"
    text = "第 {number} 套试卷组卷时还没有公平性数据，不能出具证明。"


class NewerVersionError(ConflictError):
    """Another window, or another person, has saved the item since it was opened."""

    text = (
        "另一窗口已保存第 {version} 版，这里的修改没有保存，但仍在本页。"
        "请复制要保留的文字，刷新页面后再改。"
    )


class AlreadyReviewedError(AssessmentError):
    """Somebody else has decided the round, or there is a newer version."""

    code = "already_reviewed"
    text = "试题{item}已由他人审过或已有新版本，现为“{state}”，您的审定没有保存。请继续审下一题。"


class FaultyItemError(AssessmentError):
    """An item that breaks the rules of its form does not pass a review."""

    code = "faulty_item"
    text = "试题{item}不合题型要求，不能通过：{faults}请退回命题人修改。"


class ContradictedItemError(AssessmentError):
    """The bank holds an item that says the opposite."""

    code = "contradicted_item"
    text = (
        "试题{item}与在库的{others}相互矛盾，不能入库。请退回命题人，或请题库管理员先处理在库试题。"
    )


class MissingUndertakingError(AssessmentError):
    """A member of a bank has not promised secrecy yet."""

    code = "missing_undertaking"
    text = "您还没有签署试题保密承诺书。请先签署，再查看或编写试题。"


class UnfinishedItemError(AssessmentError):
    """An item that still breaks the rules of its form becomes no version."""

    code = "unfinished_item"
    text = "试题还有 {count} 处需要更正：{faults}更正后才能保存为版本。"


class BlockedItemError(AssessmentError):
    """The bank holds, or reviews, items that say the opposite."""

    code = "blocked_item"
    text = (
        "题库中有 {count} 道试题与本题同题异答或题意相反，不能送审。"
        "请改写本题，或联系题库管理员核对。"
    )


class ExpiredUploadError(AssessmentError):
    """Files sent to be imported were not confirmed in time."""

    code = "expired_upload"
    text = "上传的文件超过 {hours} 小时没有确认，已经删除，没有导入任何试题。请重新上传。"


class ChangedUploadError(AssessmentError):
    """The bank has changed since the trial, so that other items would come in than were shown."""

    code = "changed_upload"
    text = "题库在检查之后有变动，没有导入任何试题。已重新检查，请核对后再确认。"


class FaultyElementTableError(AssessmentError):
    """The table as typed does not fit; every fault has its row and column, nothing was stored."""

    code = "faulty_element_table"
    text = "细目表有 {count} 处需要更正，没有保存。{first}"

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(count=len(faults), first=faults[0].text)
        self.faults = tuple(faults)


class ChangedElementTableError(AssessmentError):
    """Somebody else has changed the table since the page was opened."""

    code = "changed_element_table"
    text = "您打开页面之后，细目表已被他人修改，本次没有保存。请先导出您的修改，再重新打开页面。"
