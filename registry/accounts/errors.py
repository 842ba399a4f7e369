"""What can go wrong with signing in and with accounts."""

from registry.errors import AssessmentError


class WrongPasswordError(AssessmentError):
    """The login name is unknown or the password wrong; which of the two is not told."""

    code = "wrong_password"
    text = "账号或密码不正确。请检查后重试；连续5次失败将锁定30分钟。"


class AccountLockedError(AssessmentError):
    """Too many failures in a row."""

    code = "account_locked"
    text = "连续登录失败次数过多，账号已锁定。请于{until}后重试，或联系系统管理员重置密码。"


class SamePasswordError(AssessmentError):
    """The new password is the old one."""

    code = "same_password"
    text = "新密码不能与原密码相同。请重新设置。"
