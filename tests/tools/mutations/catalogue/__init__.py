"""Every safety check, by what it is for, what the code looks like without it, and which test has to notice that."""

from mutations.catalogue.documents import NO_DOCUMENT_IS_LOST, NOTHING_ELSE_CHANGES
from mutations.catalogue.executions import (
    EVERY_STEP_MAY_RUN_TWICE,
    ONE_EXECUTION_WORKS_ON_AN_INDEX,
    STOP_ANYWHERE_AND_UPLOAD_AGAIN,
)
from mutations.catalogue.proof import A_TASK_IS_NOT_A_SUCCESS, NOTHING_UNPROVEN_IS_DELETED
from mutations.catalogue.refusals import (
    IT_FAILS_FAST_AND_SAYS_WHY,
    NOTHING_FOREIGN_IS_TOUCHED,
    THE_WHOLE_FILE_IS_CHECKED_FIRST,
    WHAT_PASSES_IS_NOT_FATAL,
)

CATALOGUE = {
    "No document is lost": NO_DOCUMENT_IS_LOST,
    "Nothing is deleted that was not proven": NOTHING_UNPROVEN_IS_DELETED,
    "That a task is over is no success": A_TASK_IS_NOT_A_SUCCESS,
    "Every step may run twice": EVERY_STEP_MAY_RUN_TWICE,
    "One execution works on an index": ONE_EXECUTION_WORKS_ON_AN_INDEX,
    "Stop anywhere, upload again": STOP_ANYWHERE_AND_UPLOAD_AGAIN,
    "It fails fast, and says why": IT_FAILS_FAST_AND_SAYS_WHY,
    "Nothing else changes": NOTHING_ELSE_CHANGES,
    "The whole file is checked first": THE_WHOLE_FILE_IS_CHECKED_FIRST,
    "Nothing foreign is touched": NOTHING_FOREIGN_IS_TOUCHED,
    "What passes is not fatal": WHAT_PASSES_IS_NOT_FATAL,
}
