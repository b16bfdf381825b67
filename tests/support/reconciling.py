"""A world whose vendors are the sandbox, over real HTTP, and what a reconciliation of the two finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from stickercase.adapters.giftly.gifts import GiftlyGifts
from stickercase.adapters.tonconsole.payments import TonConsolePayments
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.reconcile import SPAN, reconcile
from stickercase.domain.use_cases.reconcile_deliveries import reconcile_deliveries
from stickercase.domain.use_cases.reconcile_invoices import reconcile_invoices
from stickercase.domain.use_cases.reconcile_laws import reconcile_laws
from stickercase.domain.use_cases.reports import FiledReport, Report, Section
from stickercase.domain.use_cases.settle_invoice import look_at_invoice, settle_invoice
from stickercase.domain.wallet.invoices import Invoice, InvoiceStatus, Sighting
from support.parcels import Post
from support.purses import HOUSE
from support.sandboxes import GIFTLY_TOKEN, TONCONSOLE_TOKEN, Outside
from support.worlds import World

BY = "service:tests"


@dataclass
class Reconciling:
    """Invoices and deliveries of a world, known to the sandbox as well."""

    world: World
    outside: Outside
    tonconsole_token: str = TONCONSOLE_TOKEN
    while_asked: Callable[[], object] = lambda: None
    """What somebody else does between the reading of a page and the question to a vendor."""
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        gifts = GiftlyGifts(self.outside.giftly_url, GIFTLY_TOKEN)
        self.post = Post(self.world, gifts)
        self.outside.control("giftly", delivery_seconds=None)

    @property
    def payments(self) -> TonConsolePayments:
        return TonConsolePayments(self.outside.tonconsole_url, self.tonconsole_token, self.world.clock)

    # --- what is dealt with vendors about

    def invoice(self, amount_nano: int = 5 * NANO, *, told_nano: int | None = None, **age: float) -> Invoice:
        """An open invoice of a new player, made so long ago; the provider is told of another amount, or of this one."""
        made = self.payments.create_invoice(told_nano or amount_nano, 3600, "a deposit")
        return self.keep(made.id, amount_nano, **age)

    def keep(self, invoice_id: str, amount_nano: int = 5 * NANO, **age: float) -> Invoice:
        """An invoice of a new player that the provider may know or not."""
        created_at = self.world.clock.now() - timedelta(**age)
        player = self.world.new_player()
        known = Invoice(invoice_id, player.id, amount_nano, created_at, created_at + timedelta(days=1))
        with self.world.transactions() as tx:
            tx.ledger.balance(player.id)
            tx.invoices.add(PayableInvoice(known, "https://pay.example/1", HOUSE))
        return known

    def pay(self, invoice: Invoice, amount_nano: int) -> None:
        self.outside.control(f"invoices/{invoice.id}/pay", amount=str(amount_nano))

    def look(self, invoice: Invoice) -> None:
        look_at_invoice(self.world.transactions, self.world.clock, self.payments, invoice.id)

    def believe(self, invoice: Invoice) -> None:
        """Credit an invoice as if it had been paid, whatever the provider says."""
        settle_invoice(
            self.world.transactions,
            self.world.clock,
            Sighting(invoice.id, InvoiceStatus.PAID, invoice.amount_nano),
        )

    def credited(self, invoice: Invoice) -> int:
        with self.world.transactions() as tx:
            found = tx.invoices.find(invoice.id)
        assert found is not None
        return found.credited_nano

    def ordered(self, player: Player | None = None) -> int:
        """A delivery that the shop has taken; its id."""
        delivery_id = self.post.requested(player)
        self.post.work()
        return delivery_id

    def shop_says(self, delivery_id: int, status: str) -> None:
        self.outside.control(f"gifts/{self.post.delivery(delivery_id).queue_id}", status=status)

    def ended(self, status: str) -> int:
        """A delivery that ended as the shop said; its id."""
        delivery_id = self.ordered()
        self.shop_says(delivery_id, status)
        self.post.work(seconds=30)
        return delivery_id

    # --- what is found

    def file(self, span: timedelta = SPAN) -> FiledReport:
        world = self.world
        both = (world.transactions, world.clock, world.dealings)
        return reconcile(
            world.transactions,
            world.clock,
            [partial(reconcile_laws, world.audits)],
            [
                partial(reconcile_invoices, *both, self.payments, self._rest),
                partial(reconcile_deliveries, *both, world.work, self.post.gifts, self._rest),
            ],
            BY,
            span,
        )

    def report(self, span: timedelta = SPAN) -> Report:
        return self.file(span).report

    def section(self, name: str, span: timedelta = SPAN) -> Section:
        return next(section for section in self.report(span).sections if section.name == name)

    def _rest(self) -> None:
        """The sandbox is never tired."""
        self.while_asked()
