"""Pictures that the house keeps: of players, cases and packs."""
