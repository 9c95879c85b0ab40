"""Make the table in which sign-in limits and used codes are counted for all processes."""

from django.core.management import call_command
from django.db import migrations

TABLE = "accounts_cache"


def make(apps, schema_editor):
    call_command(
        "createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0
    )


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE IF EXISTS {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sign_in")]
    operations = [migrations.RunPython(make, drop)]
