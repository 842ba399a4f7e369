"""How strong a password must be."""

from typing import Final

from registry.errors import AssessmentError

MIN_LENGTH: Final = 10
MIN_CLASSES: Final = 3  # of small letters, capitals, digits, other characters


class WeakPasswordError(AssessmentError):
    """The password is too short or too uniform."""

    code = "weak_password"
    text = "密码强度不足：{reason}。请重新设置。"


def require_strong_password(password: str) -> None:
    """Raise ``WeakPasswordError`` below 10 characters or 3 of the 4 classes of characters."""
    if len(password) < MIN_LENGTH:
        raise WeakPasswordError(reason=f"至少需要{MIN_LENGTH}个字符")
    if len({_class_of(character) for character in password}) < MIN_CLASSES:
        raise WeakPasswordError(reason="小写字母、大写字母、数字、其他字符中至少包含三类")


def _class_of(character: str) -> str:
    if character.islower():
        return "small"
    if character.isupper():
        return "capital"
    return "digit" if character.isdigit() else "other"
