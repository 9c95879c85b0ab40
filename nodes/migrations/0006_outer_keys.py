from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nodes', '0005_partners'),
    ]

    operations = [
        migrations.AddField(
            model_name='surveykeys',
            name='outer_public',
            field=models.BinaryField(default=b''),
        ),
        migrations.AddField(
            model_name='surveykeys',
            name='outer_wrapped',
            field=models.BinaryField(default=b''),
        ),
    ]
