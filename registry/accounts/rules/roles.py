"""Which roles may not meet in one person.

Administration is split over three persons 三员分立, and each pair of duties that check one
another needs two.
"""

from collections.abc import Set
from typing import Final

from registry.access import Role
from registry.errors import SeparationError

_NAMES: Final = {
    Role.SYSTEM_ADMINISTRATOR: "系统管理员",
    Role.AUDIT_ADMINISTRATOR: "审计管理员",
    Role.BANK_MANAGER: "组卷人员",
    Role.PAPER_RELEASER: "试卷签发人员",
    Role.CERTIFICATE_MAKER: "证书制作人员",
    Role.CERTIFICATE_APPROVER: "证书审批人员",
    Role.INSTITUTION_OFFICER: "机构报名人员",
    Role.CITY_OFFICER: "市中心审核人员",
}
_SOLITARY: Final = (Role.SYSTEM_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
_APART: Final = (
    (Role.BANK_MANAGER, Role.PAPER_RELEASER),
    (Role.CERTIFICATE_MAKER, Role.CERTIFICATE_APPROVER),
    (Role.INSTITUTION_OFFICER, Role.CITY_OFFICER),
)


def require_compatible(roles: Set[Role]) -> None:
    """Raise ``SeparationError`` when roles meet that need different people."""
    for role in _SOLITARY:
        if role in roles and len(roles) > 1:
            raise SeparationError(first=_NAMES[role], second="其他岗位")
    for first, second in _APART:
        if first in roles and second in roles:
            raise SeparationError(first=_NAMES[first], second=_NAMES[second])
