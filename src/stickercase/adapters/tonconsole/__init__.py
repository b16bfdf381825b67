"""TonConsole: invoices paid in TON. What is known of it: docs/outside-services.md."""
