"""All mutations, grouped by the promise that the removed safety check keeps."""

from mutations.catalogue.documents import NO_DOCUMENT_IS_LOST, NOTHING_ELSE_CHANGES
from mutations.catalogue.executions import (
    EVERY_STEP_MAY_RUN_TWICE,
    ONE_EXECUTION_WORKS_ON_AN_INDEX,
    STOP_ANYWHERE_AND_UPLOAD_AGAIN,
)
from mutations.catalogue.proof import A_COMPLETED_TASK_IS_NO_PROOF, NOTHING_UNPROVEN_IS_DELETED
from mutations.catalogue.refusals import (
    FAILURES_ARE_FAST_AND_EXPLAINED,
    OTHER_RESOURCES_STAY_UNTOUCHED,
    THE_WHOLE_FILE_IS_CHECKED_FIRST,
    TRANSIENT_ERRORS_ARE_NOT_FATAL,
)

CATALOGUE = {
    "No document is lost": NO_DOCUMENT_IS_LOST,
    "Nothing is deleted without proof": NOTHING_UNPROVEN_IS_DELETED,
    "A completed task is no proof": A_COMPLETED_TASK_IS_NO_PROOF,
    "Every step may run twice": EVERY_STEP_MAY_RUN_TWICE,
    "Only one execution works on an index": ONE_EXECUTION_WORKS_ON_AN_INDEX,
    "Stop anywhere, upload again": STOP_ANYWHERE_AND_UPLOAD_AGAIN,
    "Failures are fast and explained": FAILURES_ARE_FAST_AND_EXPLAINED,
    "Nothing else changes": NOTHING_ELSE_CHANGES,
    "The whole file is checked first": THE_WHOLE_FILE_IS_CHECKED_FIRST,
    "Other resources stay untouched": OTHER_RESOURCES_STAY_UNTOUCHED,
    "Transient errors are not fatal": TRANSIENT_ERRORS_ARE_NOT_FATAL,
}
