"""Errors a person can cause. Bugs raise builtins instead.

Each kind carries a stable ``code`` for machines and a Chinese ``text`` that says what happened
and what to do; details given to the constructor fill the text.
"""

from typing import ClassVar


class AssessmentError(Exception):
    """The root of everything a person can cause."""

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "操作未完成。请返回检查后重试。"

    def __init__(self, **details: object) -> None:
        super().__init__(self.text.format(**details))
        self.details = details

    @property
    def message(self) -> str:
        """Return the Chinese wording with its details filled in."""
        return self.text.format(**self.details)


class NotFoundError(AssessmentError):
    """The object does not exist or lies outside the actor's reach."""

    code = "not_found"
    text = "找不到{what}，或者它不在您的管辖范围内。请检查编号后重试。"


class NotAllowedError(AssessmentError):
    """The actor lacks the permission."""

    code = "not_allowed"
    text = "您没有“{permission}”的权限。如确需办理，请联系系统管理员授权。"


class WrongStateError(AssessmentError):
    """The object is not in a state that permits the action."""

    code = "wrong_state"
    text = "{what}当前为“{state}”，不能{action}。请刷新页面查看最新状态。"


class InvalidInputError(AssessmentError):
    """A value does not fit; says which field and how to mend it."""

    code = "invalid_input"
    text = "{field}：{reason}"


class ConflictError(AssessmentError):
    """The change collides with what is already on record."""

    code = "conflict"
    text = "{what}已存在：{value}。请核对后重试。"


class SeparationError(AssessmentError):
    """Two duties that must lie with different people met in one person."""

    code = "separation_of_duties"
    text = "{first}与{second}不能是同一人。请由另一位人员办理。"
