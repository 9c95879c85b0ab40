"""Keep what browsers load in brotli, too: of surveys under way it is packed here."""

import gzip

from django.db import migrations, models

from relay.packed import pack


def pack_again(apps, schema_editor):
    for name in ("BoothFile", "BoothPage"):
        rows = apps.get_model("relay", name).objects
        for row in rows.iterator(chunk_size=20):
            row.brotli = pack(gzip.decompress(row.packed)).br
            row.save(update_fields=["brotli"])


class Migration(migrations.Migration):

    dependencies = [
        ('relay', '0006_what_a_booth_loads'),
    ]

    operations = [
        migrations.AddField(
            model_name='boothfile',
            name='brotli',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='boothpage',
            name='brotli',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
        migrations.RunPython(pack_again, migrations.RunPython.noop),
    ]
