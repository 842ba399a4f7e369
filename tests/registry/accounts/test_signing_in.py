"""Passwords, sign-in, lock-out, idle time; opening and closing accounts."""

from datetime import timedelta

import pytest

from registry.access import NO_INSTITUTION, SYSTEM, Permission, Role
from registry.accounts.actions import (
    NewAccount,
    apply_for_first_filing,
    close_account,
    open_account,
    reset_password,
)
from registry.accounts.errors import AccountLockedError, SamePasswordError, WrongPasswordError
from registry.accounts.passwords import hash_password, password_fits
from registry.accounts.queries import (
    account_by_token,
    account_of,
    accounts_in_reach,
    actor_of,
    password_hash_of,
)
from registry.accounts.rules.password import WeakPasswordError, require_strong_password
from registry.accounts.rules.roles import require_compatible
from registry.accounts.signing_in import (
    PasswordCheck,
    change_password,
    keep_signed_in,
    sign_in,
    sign_in_after_check,
    sign_out,
)
from registry.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    SeparationError,
)
from registry.organisations.filing_actions import FilingApplication
from registry.organisations.queries import institutions_in_reach
from tests.support.factories import (
    PASSWORD,
    load_office_data,
    make_account,
    make_office,
    password_hash,
    uscc,
)
from tests.support.refusals import refused

ADDRESS = "192.0.2.7"


@pytest.fixture
def account(db, now):
    load_office_data(db, now=now)
    return make_account(db, Role.CITY_OFFICER, now=now, division="320500", login_name="officer")


def fail(db, now, count=1):
    for _ in range(count):
        refusal = sign_in(db, "officer", "Wrong-2026-word", ADDRESS, now=now).refusal
    return refusal


@pytest.mark.parametrize(
    "password", ["Short-1", "alllowercase1", "ALLCAPITALS-", "1234567890", "密码密码密码密码密码12"]
)
def test_short_or_uniform_passwords_are_weak(password):
    with pytest.raises(WeakPasswordError, match="重新设置"):
        require_strong_password(password)


@pytest.mark.parametrize("password", ["Abcdefgh12", "abcdefgh1-", "ABCDEFGH1密"])
def test_ten_characters_of_three_classes_are_strong(password):
    require_strong_password(password)


def test_hashes_are_argon2id_with_the_agreed_cost():
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password_fits(hashed, PASSWORD)
    assert not password_fits(hashed, PASSWORD + "x")
    assert not password_fits("no hash at all", PASSWORD)
    with pytest.raises(WeakPasswordError):
        hash_password("weak")


def test_the_right_password_opens_a_sign_in(db, now, account):
    outcome = sign_in(db, " Officer ", PASSWORD, ADDRESS, now=now)
    assert outcome.refusal is None
    actor = account_by_token(db, outcome.token, now=now)
    assert (actor.account_id, actor.division_prefix) == (account.id, "3205")
    assert actor.may(Permission.PLAN_APPROVE)
    assert not actor.may(Permission.PLAN_WRITE)


def test_wrong_password_unknown_name_and_closed_account_read_the_same(db, now, account):
    wrong = fail(db, now)
    unknown = sign_in(db, "nobody", PASSWORD, ADDRESS, now=now).refusal
    close_account(db, account.id, actor=SYSTEM, now=now)
    closed = sign_in(db, "officer", PASSWORD, ADDRESS, now=now).refusal
    assert {type(refusal) for refusal in (wrong, unknown, closed)} == {WrongPasswordError}
    assert {refusal.message for refusal in (wrong, unknown, closed)} == {wrong.message}


def test_five_failures_lock_the_account_for_thirty_minutes(db, now, account):
    assert type(fail(db, now, 4)) is WrongPasswordError
    assert type(fail(db, now)) is AccountLockedError
    later = now + timedelta(minutes=29)
    assert type(sign_in(db, "officer", PASSWORD, ADDRESS, now=later).refusal) is AccountLockedError
    assert sign_in(db, "officer", PASSWORD, ADDRESS, now=now + timedelta(minutes=30)).token


def test_after_a_lock_has_run_out_the_count_starts_again(db, now, account):
    fail(db, now, 5)
    assert type(fail(db, now + timedelta(minutes=31), 4)) is WrongPasswordError


def test_a_success_resets_the_count_of_failures(db, now, account):
    fail(db, now, 4)
    assert sign_in(db, "officer", PASSWORD, ADDRESS, now=now).token
    assert type(fail(db, now, 4)) is WrongPasswordError


def test_the_count_of_failures_survives_the_transaction(database, now):
    with database.transaction() as db:
        load_office_data(db, now=now)
        make_account(db, Role.CITY_OFFICER, now=now, division="320500", login_name="officer")
    for _ in range(5):
        with database.transaction() as db:
            fail(db, now)
    with database.transaction() as db:
        assert type(sign_in(db, "officer", PASSWORD, ADDRESS, now=now).refusal) is (
            AccountLockedError
        )


def test_a_password_checked_elsewhere_counts_only_for_the_hash_it_was_checked_against(
    db, now, account
):
    stale = PasswordCheck(password_hash_of(db, "officer"), fits=True)
    assert sign_in_after_check(db, "officer", stale, ADDRESS, now=now).token
    reset_password(db, account.id, hash_password("Other-2026-word"), actor=SYSTEM, now=now)
    outcome = sign_in_after_check(db, "officer", stale, ADDRESS, now=now)
    assert type(outcome.refusal) is WrongPasswordError


def test_fifteen_idle_minutes_end_a_sign_in_and_use_prolongs_it(db, now, account):
    token = sign_in(db, "officer", PASSWORD, ADDRESS, now=now).token
    at = now
    for _ in range(3):
        at += timedelta(minutes=14)
        assert keep_signed_in(db, token, now=at) is not None
    assert account_by_token(db, token, now=at + timedelta(minutes=14)) is not None
    assert account_by_token(db, token, now=at + timedelta(minutes=15)) is None
    assert keep_signed_in(db, token, now=at + timedelta(minutes=15)) is None


def test_signing_out_ends_one_sign_in_and_no_other(db, now, account):
    tokens = [sign_in(db, "officer", PASSWORD, ADDRESS, now=now).token for _ in range(2)]
    sign_out(db, tokens[0], now=now)
    sign_out(db, "unknown", now=now)
    assert account_by_token(db, tokens[0], now=now) is None
    assert account_by_token(db, tokens[1], now=now) is not None


def test_changing_the_password_ends_every_sign_in(db, now, account):
    reset_password(db, account.id, password_hash(), actor=SYSTEM, now=now)
    outcome = sign_in(db, "officer", PASSWORD, ADDRESS, now=now)
    assert outcome.must_change_password
    change_password(db, PASSWORD, "Second-2026-word", actor=actor_of(account), now=now)
    assert account_by_token(db, outcome.token, now=now) is None
    renewed = sign_in(db, "officer", "Second-2026-word", ADDRESS, now=now)
    assert renewed.token
    assert not renewed.must_change_password


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("Wrong-2026-word", "Second-2026-word", WrongPasswordError),
        (PASSWORD, PASSWORD, SamePasswordError),
        (PASSWORD, "weak", WeakPasswordError),
    ],
)
def test_a_password_is_not_changed_to_the_same_a_weak_or_without_the_old(
    db, now, account, old, new, error
):
    with refused(db, error):
        change_password(db, old, new, actor=actor_of(account), now=now)


def test_closing_an_account_ends_its_sign_ins_and_nobody_closes_their_own(db, now, account):
    token = sign_in(db, "officer", PASSWORD, ADDRESS, now=now).token
    administrator = actor_of(make_account(db, Role.SYSTEM_ADMINISTRATOR, now=now))
    close_account(db, account.id, actor=administrator, now=now)
    assert account_by_token(db, token, now=now) is None
    with refused(db, InvalidInputError, match="自己的账号"):
        close_account(db, administrator.account_id, actor=administrator, now=now)


@pytest.mark.parametrize(
    "roles",
    [
        {Role.SYSTEM_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR},
        {Role.AUDIT_ADMINISTRATOR, Role.CITY_OFFICER},
        {Role.BANK_MANAGER, Role.PAPER_RELEASER},
        {Role.CERTIFICATE_MAKER, Role.CERTIFICATE_APPROVER},
        {Role.INSTITUTION_OFFICER, Role.CITY_OFFICER},
    ],
)
def test_duties_that_check_one_another_need_two_people(roles):
    with pytest.raises(SeparationError):
        require_compatible(roles)


def test_every_role_may_stand_alone():
    for role in Role:
        require_compatible({role})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"login_name": "officer"}, ConflictError),
        ({"login_name": "9x"}, InvalidInputError),
        ({"name": " "}, InvalidInputError),
        ({"roles": ()}, InvalidInputError),
        ({"centre_id": 9999}, NotFoundError),
        ({"institution_id": 9999}, NotFoundError),
        ({"roles": (Role.CITY_OFFICER,)}, InvalidInputError),
        ({"roles": (Role.BANK_MANAGER, Role.PAPER_RELEASER)}, SeparationError),
    ],
)
def test_a_faulty_account_is_not_opened(db, now, account, changes, error):
    values = {
        "login_name": "second",
        "name": "示范人员",
        "password_hash": password_hash(),
        "roles": (Role.PROVINCE_OFFICER,),
        **changes,
    }
    with refused(db, error):
        open_account(db, NewAccount(**values), actor=SYSTEM, now=now)


def test_offices_see_their_own_accounts_and_everybody_sees_their_own(db, now):
    suzhou = make_office(db, now=now)
    nanjing = make_office(db, now=now, division="320102")
    officer, proctor = (suzhou.accounts[role] for role in (Role.INSTITUTION_OFFICER, Role.PROCTOR))
    seen = accounts_in_reach(db, actor=actor_of(officer), role=Role.PROCTOR, active_only=True)
    assert seen == [proctor]
    city = suzhou.actor(Role.CITY_OFFICER)
    assert account_of(db, officer.id, actor=city) is officer
    with refused(db, NotFoundError):
        account_of(db, nanjing.accounts[Role.CITY_OFFICER].id, actor=city)
    own = suzhou.actor(Role.BANK_MANAGER)
    assert account_of(db, own.account_id, actor=own).id == own.account_id


def test_an_applicant_reaches_nothing_until_the_first_application(db, now):
    load_office_data(db, now=now)
    make_office(db, now=now)
    applicant = make_account(db, Role.INSTITUTION_OFFICER, now=now, division="320500")
    actor = actor_of(applicant)
    assert actor.institution_id == NO_INSTITUTION
    assert institutions_in_reach(db, actor=actor) == []
    application = FilingApplication(
        name="示范学校",
        uscc=uscc(88),
        division_code="320583",
        address="示范路88号",
        legal_representative="示范负责人",
        project_numbers=(1,),
    )
    filing = apply_for_first_filing(db, application, actor=actor, now=now)
    db.expire(applicant)
    assert institutions_in_reach(db, actor=actor_of(applicant)) == [filing.institution]
    with refused(db, NotFoundError):
        apply_for_first_filing(db, application, actor=actor_of(applicant), now=now)
