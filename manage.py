#!/usr/bin/env python3
"""Django's entry. DJANGO_SETTINGS_MODULE names the role, DREMPEL_CONFIG its service file."""

import sys

from django.core.management import execute_from_command_line

from config.env import BadConfiguration

if __name__ == "__main__":
    try:
        execute_from_command_line(sys.argv)
    except BadConfiguration as error:
        sys.exit(str(error))
