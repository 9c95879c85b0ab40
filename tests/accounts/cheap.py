"""Argon2id with the least work, so that a hundred sign-ins take seconds."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """The same algorithm and format; time and memory as small as they can be."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
