"""Say beforehand what a survey will not show: advice to a coordinator, never a refusal."""

from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.survey import Survey


def warnings_of(survey: Survey, *, invited: int | None) -> list[str]:
    """Return sentences about tables too fine for ``invited`` and about optional questions."""
    fine = [] if invited is None else too_fine(survey, invited)
    return [
        *(
            f"With {invited} invited, most of the {cells} cells of table '{name}' will be "
            f"hidden: each needs at least {survey.min_count} answers."
            for name, cells in fine
        ),
        *_optional(survey),
    ]


def too_fine(survey: Survey, invited: int) -> list[tuple[str, int]]:
    """Return the tables, with their cells, of which ``invited`` people cannot fill most."""
    plan = build_layout(survey).plan
    sized = [
        *((table.id, len(table.keys)) for table in plan.one_way),
        *((table.id, table.rows * table.columns) for table in plan.two_way),
        *((table.id, table.size * table.size) for table in plan.ranking),
    ]
    return [(name, cells) for name, cells in sized if cells * survey.min_count > invited]


def _optional(survey: Survey) -> list[str]:
    return [
        f"Question '{question.id}' may be skipped: when few skip it, a second cell is hidden. "
        "Consider making it required, with an explicit 'prefer not to say'."
        for question in survey.questions
        if not question.required
    ]
