"""Refusals of card scanning, worded for the person at the desk."""

from registry.errors import AssessmentError


class NoCardsError(AssessmentError):
    """The sitting has no candidates or does not use cards."""

    code = "no_cards"
    text = "本场没有需要打印答题卡的考生。请确认场次的考试方式为答题卡，并已编排座位。"


class EmptyUploadError(AssessmentError):
    """Nothing was uploaded."""

    code = "empty_upload"
    text = "没有收到扫描文件。请选择 PDF、TIFF、JPEG、PNG 或 ZIP 文件后重新上传。"


class ReviewOpenError(AssessmentError):
    """Pages still wait for a person."""

    code = "review_open"
    text = "还有 {count} 页待复核，不能送评分。请先逐页复核完毕。"


class GroupsOpenError(AssessmentError):
    """Groups of the page have not been decided."""

    code = "groups_open"
    text = "本页还有 {count} 处未确认。请逐处确认后再完成本页。"


class OwnerOpenError(AssessmentError):
    """Two persons have not yet agreed whose card the page is."""

    code = "owner_open"
    text = "本页尚未由两人录入一致的准考证号，不能完成复核。请第二人独立录入。"


class NoSuchMarkError(AssessmentError):
    """The value does not exist in that group of the card."""

    code = "no_such_mark"
    text = "答题卡上没有“{group}”的选项“{value}”。请从该题的选项中选择。"


class CardTakenError(AssessmentError):
    """The card already has a page."""

    code = "card_taken"
    text = "{number} 的答题卡已有这一页的扫描，不能重复认领。请核对是否重复扫描。"


class OtherCardKindError(AssessmentError):
    """The page was read by a layout that the card does not have."""

    code = "other_card_kind"
    text = "本页的版式与 {number} 的答题卡不同，不能对应。请核对号码，或剔除本页重新扫描。"


class BatchReleasedError(AssessmentError):
    """The batch, or the sitting of the card, has gone to scoring."""

    code = "batch_released"
    text = "本批次或该考场已送评分，不能再改。如需更正，请走成绩更正流程。"


class DesignFaultyError(AssessmentError):
    """A designed card cannot be read reliably."""

    code = "design_faulty"
    text = "版式有 {count} 处影响识读，不能发布。第一处：{first}。请修改后保存为新版本。"


class BatchUnreadError(AssessmentError):
    """Pages of the batch have not been read."""

    code = "batch_unread"
    text = "本批次还有 {count} 页没有识读，不能移交评分。请等识读结束，或先取消其余各页。"


class BatchStateError(AssessmentError):
    """The batch has gone past the step."""

    code = "batch_state"
    text = "本批次的识读状态已经变化，此项操作不再适用。请刷新页面后按当前状态办理。"


class NothingToSampleError(AssessmentError):
    """The batch holds no confident answer."""

    code = "nothing_to_sample"
    text = "本批次还没有可以抽样的答案。请先完成识读，并确认各页已对应考生。"
