"""What a person can do wrong with plans."""

from registry.errors import AssessmentError


class PlannedTooEarlyError(AssessmentError):
    """The planned day has passed or is today."""

    code = "planned_too_early"
    text = "考核日期{planned_on}不晚于今天。请选择今天之后的日期。"
