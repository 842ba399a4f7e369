"""Imports every module of tables, so that the metadata is complete."""

from exam_server.delivery import models as delivery_models
from exam_server.delivery.custody import models as custody_models
from exam_server.delivery.load_test import models as load_test_models
from exam_server.seb import models as seb_models
from item_bank import models as item_bank_models
from omr import models as omr_models
from proctor import models as proctor_models
from registry import audit_log
from registry.accounts import models as accounts_models
from registry.catalog import models as catalog_models
from registry.database import Record
from registry.enrolment import models as enrolment_models
from registry.organisations import models as organisations_models
from registry.plans import models as plans_models
from registry.scheduling import models as scheduling_models
from registry.staff import models as staff_models
from registry.venues import models as venues_models
from scoring import models as scoring_models
from scoring.certificates import models as certificates_models

MODEL_MODULES = (
    audit_log,
    catalog_models,
    organisations_models,
    accounts_models,
    staff_models,
    venues_models,
    plans_models,
    enrolment_models,
    scheduling_models,
    item_bank_models,
    proctor_models,
    omr_models,
    scoring_models,
    certificates_models,
    delivery_models,
    custody_models,
    load_test_models,
    seb_models,
)
METADATA = Record.metadata
