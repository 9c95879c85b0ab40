"""The booth: page and program in which respondents answer, as this version ships them."""
