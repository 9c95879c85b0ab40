from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('relay', '0002_one_package_of_a_revision'),
    ]

    operations = [
        migrations.AddField(
            model_name='relayedsurvey',
            name='flush_owner',
            field=models.CharField(blank=True, default='', max_length=32),
        ),
        migrations.AddField(
            model_name='relayedsurvey',
            name='flush_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
