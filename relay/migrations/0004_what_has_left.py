from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('relay', '0003_one_flush_at_a_time'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='waitingpackage',
            name='relay_by_delivery',
        ),
        migrations.AddField(
            model_name='waitingpackage',
            name='has_left',
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name='waitingpackage',
            index=models.Index(fields=['survey', 'has_left'], name='relay_by_leaving'),
        ),
    ]
