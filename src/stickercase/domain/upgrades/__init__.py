"""Upgrades: betting units of an inventory for one free unit that is worth more."""
