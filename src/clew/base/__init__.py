"""What every stage stands on: the event ledger, the outbox, sealing, ids, paging. It knows no noun of the trade."""
