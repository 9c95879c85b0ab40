import django.db.models.deletion
from django.db import migrations, models

import relay.models


class Migration(migrations.Migration):
    """Keep parcels, which cannot be read, in the place of packages.

    A package that still waits is lost with the old table: no release ever took one.
    """

    dependencies = [
        ('relay', '0004_what_has_left'),
    ]

    operations = [
        migrations.DeleteModel(
            name='WaitingPackage',
        ),
        migrations.AddField(
            model_name='relayedsurvey',
            name='waiting',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='WaitingParcel',
            fields=[
                ('id', models.BigAutoField(default=relay.models.new_parcel_key, primary_key=True, serialize=False)),
                ('parcel_hash', models.BinaryField()),
                ('delivered', models.PositiveSmallIntegerField(default=0)),
                ('has_left', models.BooleanField(default=False)),
                ('parcel', models.BinaryField()),
                ('survey', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parcels', to='relay.relayedsurvey')),
            ],
            options={
                'indexes': [models.Index(fields=['survey', 'has_left'], name='relay_parcels_by_leaving')],
                'constraints': [models.UniqueConstraint(fields=('survey', 'parcel_hash'), name='a_parcel_waits_once')],
            },
        ),
    ]
