"""Who is asking: roles, their permissions, and how far an office reaches.

The matrix follows part 2 of the requirements (three-level administration, R-301 to R-305).
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.errors import NotAllowedError


class Permission(StrEnum):
    """One thing a person may do; the value is its Chinese name."""

    ACCOUNTS_MANAGE = "管理账号"
    AUDIT_READ = "查看审计日志"
    CATALOG_MANAGE = "管理考核目录"
    EXAM_RULES_SET = "设定默认考场规则"
    PROJECT_PROPOSE = "提出开发需求"
    FILING_APPLY = "申请机构备案"
    FILING_CONFIRM = "确认机构备案"
    PLAN_WRITE = "编制考核计划"
    PLAN_APPROVE = "审批考核计划"
    PLAN_READ = "查看考核计划"
    ENROLMENT_WRITE = "录入报名"
    ENROLMENT_AUDIT = "审核报名"
    ARRANGE = "编排考场"
    STAFF_MANAGE = "管理考评人员"
    EXAMINERS_DISPATCH = "派遣考评员"
    BANK_READ = "查看题库"
    BANK_WRITE = "维护题库"
    BANK_EXPORT = "导出题库"
    ITEM_AUTHOR = "命题"
    ITEM_REVIEW = "审题"
    PAPER_COMPOSE = "组卷"
    PAPER_RELEASE = "签发试卷"
    ERRATUM_DECIDE = "裁定试题勘误"
    ROOM_PROCTOR = "监考"
    CARDS_DESIGN = "设计答题卡"
    CARDS_PRINT = "打印答题卡"
    CARDS_SCAN = "扫描答题卡"
    CARDS_REVIEW = "复核答题卡"
    PRACTICAL_SCORE = "实操评分"
    RESULTS_READ = "查看成绩"
    RESULTS_CONFIRM = "确认成绩"
    RESULTS_PUBLISH = "公布成绩"
    STOCK_MANAGE = "管理空白证书"
    STOCK_ALLOT = "配发空白证书"
    CERTIFICATE_ISSUE = "核发证书"
    CERTIFICATE_APPROVE = "审批发证"


class Role(StrEnum):
    """What a person is at work; stored with the account."""

    PROVINCE_OFFICER = "province_officer"
    CITY_OFFICER = "city_officer"
    COUNTY_OFFICER = "county_officer"
    INSTITUTION_OFFICER = "institution_officer"
    BANK_MANAGER = "bank_manager"
    PAPER_RELEASER = "paper_releaser"
    ITEM_AUTHOR = "item_author"
    ITEM_REVIEWER = "item_reviewer"
    PROCTOR = "proctor"
    EXAMINER = "examiner"
    SCANNER = "scanner"
    CERTIFICATE_APPROVER = "certificate_approver"
    CERTIFICATE_MAKER = "certificate_maker"
    STOCK_KEEPER = "stock_keeper"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"


NO_INSTITUTION = 0
"""The institution of an applicant who has not filed yet: reaches no institution at all."""

_P = Permission
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PROVINCE_OFFICER: frozenset(
        {
            _P.CATALOG_MANAGE,
            _P.EXAM_RULES_SET,
            _P.PLAN_READ,
            _P.RESULTS_READ,
            _P.ERRATUM_DECIDE,
            _P.STOCK_ALLOT,
            _P.STOCK_MANAGE,
        }
    ),
    Role.CITY_OFFICER: frozenset(
        {
            _P.PROJECT_PROPOSE,
            _P.FILING_CONFIRM,
            _P.CARDS_DESIGN,
            _P.PLAN_READ,
            _P.PLAN_APPROVE,
            _P.ENROLMENT_AUDIT,
            _P.STAFF_MANAGE,
            _P.EXAMINERS_DISPATCH,
            _P.RESULTS_READ,
            _P.RESULTS_CONFIRM,
            _P.RESULTS_PUBLISH,
        }
    ),
    Role.COUNTY_OFFICER: frozenset({_P.PLAN_READ, _P.RESULTS_READ}),
    Role.INSTITUTION_OFFICER: frozenset(
        {
            _P.FILING_APPLY,
            _P.PLAN_WRITE,
            _P.PLAN_READ,
            _P.ENROLMENT_WRITE,
            _P.ARRANGE,
            _P.CARDS_PRINT,
        }
    ),
    Role.BANK_MANAGER: frozenset({_P.BANK_READ, _P.BANK_WRITE, _P.BANK_EXPORT, _P.PAPER_COMPOSE}),
    Role.ITEM_AUTHOR: frozenset({_P.ITEM_AUTHOR}),
    Role.ITEM_REVIEWER: frozenset({_P.ITEM_REVIEW}),
    Role.PAPER_RELEASER: frozenset({_P.BANK_READ, _P.PAPER_RELEASE}),
    Role.PROCTOR: frozenset({_P.ROOM_PROCTOR}),
    Role.EXAMINER: frozenset({_P.PRACTICAL_SCORE}),
    Role.SCANNER: frozenset({_P.CARDS_DESIGN, _P.CARDS_SCAN, _P.CARDS_REVIEW}),
    Role.CERTIFICATE_APPROVER: frozenset({_P.RESULTS_READ, _P.CERTIFICATE_APPROVE}),
    Role.CERTIFICATE_MAKER: frozenset({_P.RESULTS_READ, _P.CERTIFICATE_ISSUE}),
    Role.STOCK_KEEPER: frozenset({_P.STOCK_MANAGE}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({_P.ACCOUNTS_MANAGE}),
    Role.AUDIT_ADMINISTRATOR: frozenset({_P.AUDIT_READ}),
}


@dataclass(frozen=True)
class Actor:
    """The person on whose behalf something is done.

    ``division_prefix`` bounds what is seen: ``32`` the province, ``3205`` a city, ``320505`` a
    county; ``institution_id`` narrows it to one institution.
    """

    account_id: int | None
    name: str
    permissions: frozenset[Permission]
    division_prefix: str
    institution_id: int | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether the permission is held."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise ``NotAllowedError`` unless the permission is held."""
        if not self.may(permission):
            raise NotAllowedError(permission=permission.value)

    def reaches(self, division_code: str, institution_id: int | None = None) -> bool:
        """Say whether an object in that division, of that institution, lies within reach."""
        if not division_code.startswith(self.division_prefix):
            return False
        return self.institution_id is None or self.institution_id == institution_id


SYSTEM = Actor(None, "系统", frozenset(Permission), "32")
"""The server itself: closing rooms at the deadline, seeding, the command line."""


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything the roles permit together."""
    return frozenset[Permission]().union(*(ROLE_PERMISSIONS[role] for role in roles))
