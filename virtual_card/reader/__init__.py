"""The reader's side: from a transport to a record with a verdict and reasons.

talk.py          conversations without I/O, and the one place where they meet a transport
messaging.py     authentication and secure messaging, the reader's half
strategies.py    how much is asked for at a time
session.py       which card, authentication by number, every file            -> RawCard
images.py        images decoded in safety
reading.py       the record of what was read, and what is odd about it       -> CardReading
certificates.py  certificates parsed leniently, verified strictly
verify.py        signature, chain, validity                                  -> Check
authenticity.py  chip, printed face, register, revoked numbers               -> Authenticity
extract.py       text for the resident register                              -> Extract
proposal.py      the two ways of 2011 from chip text to the register
redact.py        what must not be shown of a genuine card
output.py        all of it for programs and for people

    atr = transport.connect()
    reading = interpret(converse(transport, read_card(number, os.urandom)), atr)
    authenticity = judge(reading, pinned_test_anchors(), on=date(2026, 7, 1))
"""
