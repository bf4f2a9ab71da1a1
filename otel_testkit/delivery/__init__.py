"""
Ships runs to an OTLP endpoint, from the store and out of the tests' way.

    destination   where to, from settings and environment
    ledger        what has gone already, kept in the run's folder
    backlog       what has not, in batches
    selection     which tests' records are wanted there
    revive        lines of the store as the SDK's spans and log records
    post          one request, by the official exporter
    route         one kind of record on its way: split, tried again, given up
    shipment      a run on its way
    courier       the process that ships while the tests run
    launch        how the tests' process starts it, and takes leave of it
"""
