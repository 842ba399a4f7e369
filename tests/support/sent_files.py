"""Leaves a faulty workbook that a person has sent to be imported and not decided about."""

from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.exchange.import_plan import ImportChoices
from item_bank.exchange.import_trial import trial_of
from item_bank.exchange.importing import read_upload
from item_bank.import_actions import plan_import
from item_bank.queries import elements_of
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.upload_actions import keep_upload
from item_bank.upload_queries import SentFiles
from registry.access import Actor
from tests.support.faulty_workbook import workbook


def leave_upload(db: Session, project_id: int, *, actor: Actor, now: datetime) -> int:
    """Keep the workbook with its trial; returns the number of the upload."""
    points = [e.code for e in elements_of(db, project_id) if e.level == POINT_LEVEL]
    files = (("三百题.xlsx", workbook(points, is_faulty=True)),)
    reports, choices = read_upload(files), ImportChoices()
    trial = trial_of(plan_import(db, project_id, reports, choices, actor=actor), reports)
    sent = SentFiles(files)
    return keep_upload(db, project_id, sent, trial, choices, actor=actor, now=now).id
