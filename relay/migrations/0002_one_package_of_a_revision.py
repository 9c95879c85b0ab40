from typing import Any

from django.db import migrations, models

# Version, manifest digest, one-time key, revision: the head of an encoded package.
_KEY = slice(33, 98)
_REVISION = 98


def read_heads(apps: Any, _editor: object) -> None:
    """Give the packages that wait already the key and revision in their own bytes."""
    waiting = apps.get_model("relay", "WaitingPackage")
    for row in waiting.objects.all().iterator(chunk_size=500):
        sealed = bytes(row.sealed)
        row.one_time_key, row.revision = sealed[_KEY], sealed[_REVISION]
        row.save(update_fields=["one_time_key", "revision"])


class Migration(migrations.Migration):

    dependencies = [
        ('relay', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='waitingpackage',
            name='one_time_key',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='waitingpackage',
            name='revision',
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(read_heads, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='waitingpackage',
            constraint=models.UniqueConstraint(fields=('survey', 'one_time_key', 'revision'), name='a_revision_waits_once'),
        ),
    ]
