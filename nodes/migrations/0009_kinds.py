"""A job is a survey's, a request's, or a part of one: the table loses its old name."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = [("survey", "Survey"), ("match", "Match"), ("compare", "Compare"), ("part", "Part")]


class Migration(migrations.Migration):

    dependencies = [
        ("nodes", "0008_coin"),
    ]

    operations = [
        migrations.RenameModel(old_name="SurveyJob", new_name="Job"),
        migrations.AddField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=KINDS, db_default="survey", default="survey", max_length=12
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="parent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="nodes.job",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="part",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                fields=("parent", "part"), name="nodes_one_part_of_a_number"
            ),
        ),
    ]
