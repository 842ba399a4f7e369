"""A whole exam day without a browser, from plan to certificate; every count must tie."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.card_reconciliation import record_absentees, release
from exam_server.config import Settings, read_settings
from exam_server.delivery.models import Attempt
from exam_server.marking import mark_card_sitting, stored_answers
from exam_server.opening import open_database
from exam_server.rehearsal import cards, screen
from exam_server.rehearsal.batch import PRACTICAL_AFTER, Batch, BatchOrder, build_batch
from exam_server.rehearsal.office import Office, build_office
from exam_server.rehearsal.practical import score_practical
from exam_server.rehearsal.robot import Habits, Ledger
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.seeding import load_seeds
from item_bank.queries import frozen_key, paper_content
from item_bank.rules.ordering import canonical_answers
from omr.models import PrintedCard
from omr.queries import state_counts
from omr.rules.states import PageState
from registry.accounts.passwords import hash_password
from registry.audit_log import first_break
from registry.catalog.models import Subject
from registry.database import Database
from registry.scheduling.models import Sitting
from scoring.actions import confirm_results, publish_results
from scoring.certificates.actions import (
    approve_issue,
    issue_certificates,
    print_certificate,
    receive_blanks,
)
from scoring.certificates.models import Certificate
from scoring.certificates.printing import print_certificates
from scoring.certificates.queries import verify_qr
from scoring.certificates.rules.face import Genuineness
from scoring.models import SubjectResult
from scoring.queries import outcomes_of
from scoring.rules.marking import mark_theory

PASSWORD = "Kaohe-demo-2026"  # noqa: S105  (of demonstration offices only)
OFFICE_LEAD = timedelta(days=60)
FIRST_BLANK = 1_000_001


class Progress(Protocol):
    """Where the rehearsal reports how far it is."""

    def step(self, name: str, total: int) -> Callable[[], None]:
        """Begin a step of so many parts; call the result once for each."""


@dataclass(frozen=True)
class Options:
    """What to rehearse."""

    candidates: int
    paper_share: float
    seed: int
    folder: Path
    database_url: str = ""  # a SQLite file in the folder unless given
    habits: Habits = field(default_factory=Habits)


@dataclass
class Report:
    """Counts at every step, and everything that does not tie."""

    rows: list[tuple[str, int, int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def tie(self, name: str, went_in: int, came_out: int, remark: str = "") -> None:
        """Note a step; what went in must have come out."""
        self.rows.append((name, went_in, came_out, remark))
        if went_in != came_out:
            self.faults.append(f"{name}：进 {went_in}，出 {came_out}")

    def none(self, name: str, faults: Iterable[str], remark: str = "") -> None:
        """Note a check that must find nothing."""
        found = list(faults)
        self.rows.append((name, 0, len(found), remark))
        self.faults += [f"{name}：{fault}" for fault in found]


def rehearse(options: Options, progress: Progress) -> Report:
    """Live the whole day; the folder then holds the database, scans and PDFs."""
    options.folder.mkdir(parents=True, exist_ok=True)
    environment = {"KAOHE_HOME": str(options.folder / "home")}
    if options.database_url:
        environment["KAOHE_DATABASE_URL"] = options.database_url
    settings = read_settings(environment)
    database = open_database(settings)
    day = Day(options, settings, database, progress)
    try:
        day.prepare()
        day.sit_on_screen()
        day.sit_on_cards()
        day.score_practical()
        day.publish()
        day.certify()
        day.check()
    finally:
        database.engine.dispose()
    return day.report


class Day:
    """The steps of one rehearsal, in their order."""

    def __init__(
        self, options: Options, settings: Settings, database: Database, progress: Progress
    ) -> None:
        self.options = options
        self.settings = settings
        self.database = database
        self.progress = progress
        self.report = Report()
        self.on_cards = round(options.candidates * options.paper_share)
        self.on_screen = options.candidates - self.on_cards
        self.starts_at = datetime.now(UTC)
        self.office: Office
        self.batch: Batch

    def later(self) -> datetime:
        """Return the time of the practical part and the office work after it."""
        return datetime.now(UTC) + PRACTICAL_AFTER + timedelta(hours=2)

    def prepare(self) -> None:
        """Load the seeds, build the office and one batch with seats."""
        done = self.progress.step("基础数据与机构", 5)
        then = self.starts_at - OFFICE_LEAD
        load_seeds(self.database, now=then, tell=lambda _name, _count: done())
        with self.database.transaction() as db:
            self.office = build_office(db, hash_password(PASSWORD), now=then)
        done = self.progress.step("计划、报名、审核、编排、组卷", 1)
        order = BatchOrder(self.on_screen, self.on_cards, self.starts_at, self.options.seed)
        with self.database.transaction() as db:
            self.batch = build_batch(db, self.office, order)
        done()
        self.report.tie(
            "报名 → 编排",
            self.options.candidates,
            self.on_screen + self.on_cards,
            "审核通过并有座位",
        )

    def sit_on_screen(self) -> None:
        """Let robots sit the exam against the real server."""
        if not self.on_screen:
            return
        home = self.options.folder / "home"
        settings = {"KAOHE_DATABASE_URL": self.settings.database_url}
        with ServerProcess(home, environment=settings) as server:
            ledgers = asyncio.run(self._screen(server.address))
        self._judge(ledgers)

    async def _screen(self, address: str) -> dict[int, Ledger]:
        sitting_id, seed = self.batch.screen_sitting_id, self.options.seed
        proctor = screen.Proctor(address, sitting_id)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")
        seated = screen.seat_robots(
            self.database, address, sitting_id, seed=seed, habits=self.options.habits
        )
        done = self.progress.step("上机：登录", len(seated))
        await screen.sign_in_all(seated, proctor.room_code(), done)
        screen.give_abilities(self.database, seated, seed=seed)
        await asyncio.to_thread(proctor.command, "start")
        done = self.progress.step("上机：答题", len(seated))
        ledgers = await screen.sit_all(seated, done)
        await asyncio.to_thread(proctor.command, "close")
        self.report.tie(
            "上机：应考 → 交卷",
            self.on_screen,
            sum(1 for ledger in ledgers.values() if ledger.receipt),
            "每人一张回执",
        )
        return ledgers

    def _judge(self, ledgers: dict[int, Ledger]) -> None:
        """Compare every robot's own ledger with what is stored and what was scored."""
        altered, wrong, ops = [], [], 0
        with self.database.reading() as db:
            for attempt in db.scalars(select(Attempt)):
                ledger = ledgers[attempt.admission_id]
                ops += ledger.acknowledged
                own = {item: tuple(value) for item, value in ledger.answers().items()}
                name = f"考生 {attempt.admission.enrolment.admission_no}"
                if own != stored_answers(db, attempt.id):
                    altered.append(name)
                if self._scored(db, attempt.admission_id) != self._own_mark(db, attempt, own):
                    wrong.append(name)
            stored = db.scalar(select(func.sum(Attempt.head_seq))) or 0
        self.report.tie("上机：已确认操作 → 已存操作", ops, stored, "逐条落盘")
        self.report.none("上机：丢失或改变的答案", altered, "机器人自记账本对照")
        self.report.none("上机：与账本不符的成绩", wrong, "按冻结答案重算")

    def _own_mark(self, db: Session, attempt: Attempt, own: dict[str, tuple[str, ...]]) -> object:
        paper = paper_content(db, attempt.paper_id)
        canonical = canonical_answers(paper, attempt.order_seed, own)
        return mark_theory(frozen_key(db, attempt.paper_id), canonical).total

    def _scored(self, db: Session, admission_id: int) -> object:
        chosen = select(SubjectResult.mark).where(SubjectResult.admission_id == admission_id)
        return db.scalar(chosen)

    def sit_on_cards(self) -> None:
        """Print, fill, scan, read, review, release and mark the cards."""
        if not self.on_cards:
            return
        sitting_id, seed = self.batch.card_sitting_id, self.options.seed
        scanner = self.office.actors["saomiao01"]
        with self.database.reading() as db:
            people = cards.paper_candidates(db, sitting_id, seed=seed)
            pdf = cards.print_sitting(db, sitting_id, actor=self.office.actors["jigou01"])
        (self.options.folder / "答题卡.pdf").write_bytes(pdf)
        done = self.progress.step("答题卡：填涂与扫描", len(people))
        files = []
        for path in cards.scan_all(pdf, people, self.options.folder / "scans", seed=seed):
            files.append(path)
            done()
        done = self.progress.step("答题卡：识读", len(files))
        batch_id = cards.read_all(
            self.database, sitting_id, files, actor=scanner, clock=self.later, done=done
        )
        by_file = {path.name: person for path, person in zip(files, people, strict=True)}
        self._settle_cards(batch_id, people, by_file)

    def _settle_cards(
        self,
        batch_id: int,
        people: list[cards.PaperCandidate],
        by_file: dict[str, cards.PaperCandidate],
    ) -> None:
        sitting_id = self.batch.card_sitting_id
        scanner = self.office.actors["saomiao01"]
        with self.database.reading() as db:
            counts = state_counts(db, batch_id)
            self.report.tie("答题卡：印发 → 扫描", self.on_cards, sum(counts.values()))
            faults = cards.misread(db, sitting_id, people)
            sent = counts.get(PageState.REVIEW, 0)
            self.report.none("答题卡：未送复核的误读", faults, f"{sent} 页送人工复核")
        with self.database.transaction() as db:
            pair = (scanner, self.office.actors["saomiao02"])
            decided = cards.review_all(db, batch_id, by_file, pair=pair, now=self.later())
            record_absentees(db, sitting_id, (), counted=0, actor=scanner, now=self.later())
            released = release(db, batch_id, actor=scanner, now=self.later())
        remark = f"人工复核 {decided} 处"
        self.report.tie("答题卡：扫描 → 送评分", self.on_cards, released, remark)
        with self.database.transaction() as db:
            marked = mark_card_sitting(db, sitting_id, actor=scanner, now=self.later())
        self.report.tie("答题卡：送评分 → 有成绩", released, marked.marked + marked.absent)
        with self.database.reading() as db:
            wrong = [
                person.admission_no
                for person in people
                if self._scored(db, person.admission_id)
                != mark_theory(frozen_key(db, person.paper_id), person.meant).total
            ]
        self.report.none("答题卡：与本意不符的成绩", wrong, "按冻结答案重算")

    def score_practical(self) -> None:
        """Let three examiners mark every candidate."""
        done = self.progress.step("实操评分", self.options.candidates)
        rulings = score_practical(
            self.database,
            self.office,
            self.batch.practical_sitting_id,
            seed=self.options.seed,
            clock=self.later,
            done=done,
        )
        with self.database.reading() as db:
            count = db.scalar(select(func.count()).select_from(SubjectResult)) or 0
        self.report.tie("两科成绩", 2 * self.options.candidates, count, f"组长裁决 {rulings} 处")

    def publish(self) -> None:
        """Confirm and publish, by two people."""
        for act, login_name in ((confirm_results, "shi01"), (publish_results, "shi02")):
            with self.database.transaction() as db:
                actor = self.office.actors[login_name]
                settled = act(db, self.batch.plan_id, actor=actor, now=self.later())
        self.report.tie("成绩：登记 → 公布", 2 * self.options.candidates, len(settled))

    def certify(self) -> None:
        """Receive blanks, approve, issue, print and verify every certificate."""
        actors, plan_id = self.office.actors, self.batch.plan_id
        with self.database.transaction() as db:
            last = FIRST_BLANK + self.options.candidates - 1
            receive_blanks(
                db,
                self.office.centre_id,
                f"YS{FIRST_BLANK:08d}",
                f"YS{last:08d}",
                actor=actors["kucun01"],
                now=self.later(),
            )
            outcomes = outcomes_of(db, plan_id, actor=actors["shi01"])
            passing = sum(1 for one in outcomes if one.outcome and one.outcome.passed)
            approve_issue(db, plan_id, actor=actors["shenpi01"], now=self.later())
        with self.database.transaction() as db:
            made = issue_certificates(db, plan_id, actor=actors["zhizheng01"], now=self.later())
            ids = [certificate.id for certificate in made]
        self.report.tie("合格 → 发证", passing, len(ids), f"共 {self.options.candidates} 人")
        done = self.progress.step("打印证书", len(ids))
        with self.database.transaction() as db:
            faces = []
            for certificate_id in ids:
                actor = actors["zhizheng01"]
                faces.append(print_certificate(db, certificate_id, actor=actor, now=self.later()))
                done()
        pdf = print_certificates(faces, verify_origin=self.settings.public_url, demonstration=True)
        (self.options.folder / "证书.pdf").write_bytes(pdf)

    def check(self) -> None:
        """Verify papers of neighbours, every QR code and the chain of the audit log."""
        with self.database.reading() as db:
            given = dict(db.execute(select(Attempt.admission_id, Attempt.paper_id)).all())
            given |= dict(db.execute(select(PrintedCard.admission_id, PrintedCard.paper_id)).all())
            remark = f"{len(set(given.values()))} 卷按座位轮换"
            self.report.none("试卷：相邻座位同卷", _neighbours_alike(db, given), remark)
            certificates = db.scalars(select(Certificate)).all()
            tokens = [certificate.qr_payload for certificate in certificates]
            genuine = sum(
                verify_qr(db, token).genuineness is Genuineness.GENUINE for token in tokens
            )
            self.report.tie("证书二维码：签发 → 验真", len(tokens), genuine)
            broken = first_break(db)
            self.report.none("审计日志断点", [] if broken is None else [str(broken)])


def _neighbours_alike(db: Session, given: Mapping[int, int]) -> list[str]:
    """Return the seats whose neighbour beside has the same paper."""
    found = []
    for sitting in db.scalars(select(Sitting).where(Sitting.subject == Subject.THEORY)):
        columns = sitting.room.column_count
        papers = {entry.seat_no: given[entry.id] for entry in sitting.admissions}
        found += [
            f"第 {sitting.number} 场 {seat:02d} 号与 {seat + 1:02d} 号"
            for seat, paper in papers.items()
            if seat % columns and papers.get(seat + 1) == paper
        ]
    return found
