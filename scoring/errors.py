"""What a person can do wrong with score sheets, marks and results."""

from registry.errors import AssessmentError


class NotDispatchedError(AssessmentError):
    """The person is not among the examiners sent to this sitting (R-353)."""

    code = "not_dispatched"
    text = "您不在本场考评员派遣名单中，不能评分。请联系市级中心核对派遣。"


class NotLeadError(AssessmentError):
    """Only the lead examiner may do this (R-354)."""

    code = "not_lead"
    text = "此项只能由本场考评组长办理。"


class CardExpiredError(AssessmentError):
    """The examiner's card is not valid on this day (R-355)."""

    code = "card_expired"
    text = (
        "考评员证卡{card_no}今天不在有效期内（{from_on}至{until_on}），不能评分。请联系市级中心。"
    )


class SheetLockedError(AssessmentError):
    """A submitted sheet is signed and cannot be changed."""

    code = "sheet_locked"
    text = "评分记录表已提交，不能再改。如确有错误，请考评组长退回重评。"


class OwnSheetFirstError(AssessmentError):
    """Examiners mark independently: nobody sees other sheets before submitting the own."""

    code = "own_sheet_first"
    text = "独立评分：请先提交自己的评分记录表，再查看其他考评员的评分。"


class SheetsOutstandingError(AssessmentError):
    """An examiner has begun a sheet and not submitted it."""

    code = "sheets_outstanding"
    text = "还有{count}份评分记录表未提交，请相关考评员提交后再办理。"


class NoSuchDisputeError(AssessmentError):
    """There is nothing to rule on."""

    code = "no_such_dispute"
    text = "“{target}”没有需要裁决的争议。请刷新页面查看最新情况。"


class NoPracticalPaperError(AssessmentError):
    """The project has no practical paper yet."""

    code = "no_practical_paper"
    text = "项目“{project}”还没有操作技能试卷，不能评分。请联系题库管理员录入。"


class MarkSettledError(AssessmentError):
    """A mark never changes once it has been confirmed (R-603)."""

    code = "mark_settled"
    text = "该科目成绩已确认，不能再变动。如有异议，请按成绩复核程序办理。"


class AlreadyScoredError(AssessmentError):
    """The result is on record: sheets behind it cannot change any more."""

    code = "already_scored"
    text = "该考生本科目成绩已登记，评分记录不能再变动。"


class ResultsIncompleteError(AssessmentError):
    """A subject of a candidate has no result yet: counts do not tie."""

    code = "results_incomplete"
    text = "应有{expected}个科目成绩，已登记{present}个，尚缺：{missing}。请补齐后再确认。"


class EvidenceBrokenError(AssessmentError):
    """A mark does not follow from what it rests on (R-603)."""

    code = "evidence_broken"
    text = "准考证号{admission_no}的{subject}成绩与考核记录不符：{fault}请核查后再办理。"
