"""The one place that picks adapters and wires them to use cases."""

from __future__ import annotations

import random

from dependency_injector import containers, providers

from stickercase.adapters.dice import fastest_dice
from stickercase.adapters.dramatiq.crew import DramatiqCrew
from stickercase.adapters.dramatiq.messages import DramatiqMessages
from stickercase.adapters.embedded.companions import Companion
from stickercase.adapters.embedded.postgres import EmbeddedPostgres
from stickercase.adapters.embedded.redis import EmbeddedRedis
from stickercase.adapters.floors.feeds import FloorsFeeds
from stickercase.adapters.giftly.gifts import GiftlyGifts
from stickercase.adapters.plots import plots
from stickercase.adapters.postgres.audits import PostgresAudits
from stickercase.adapters.postgres.connections import connect, connections_in_use
from stickercase.adapters.postgres.dealings import PostgresDealings
from stickercase.adapters.postgres.migrations import migrate
from stickercase.adapters.postgres.office import PostgresOffice
from stickercase.adapters.postgres.outflows import PostgresOutflows
from stickercase.adapters.postgres.price_history import PostgresPriceHistory
from stickercase.adapters.postgres.reading import PostgresReading
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.adapters.postgres.transactions import PostgresTransactions
from stickercase.adapters.postgres.work import PostgresWork
from stickercase.adapters.redis.pings import RedisPings
from stickercase.adapters.redis.rates import RedisRates
from stickercase.adapters.s3.pictures import FolderPictures, S3Pictures
from stickercase.adapters.system.clock import SystemClock
from stickercase.adapters.system.rests import rest
from stickercase.adapters.system.seeds import SystemSeeds
from stickercase.adapters.telegram.init_data import TelegramInitData, sign_init_data
from stickercase.adapters.telegram.photos import TelegramPhotos
from stickercase.adapters.ton.chain import ToncenterChain
from stickercase.adapters.ton.payouts import hot_wallet
from stickercase.adapters.ton.signatures import SodiumSignatures, sign_with
from stickercase.adapters.tonconsole.notices import invoice_named
from stickercase.adapters.tonconsole.payments import TonConsolePayments
from stickercase.domain.gifts.deliveries import Pace
from stickercase.domain.pictures.keys import CASES, PACKS, USERS
from stickercase.domain.use_cases.adjust_balance import adjust_balance
from stickercase.domain.use_cases.advance_withdrawal import review_withdrawal
from stickercase.domain.use_cases.block_player import block_player
from stickercase.domain.use_cases.challenge_wallet import challenge_wallet
from stickercase.domain.use_cases.check_deposit import check_deposit
from stickercase.domain.use_cases.connect_wallet import connect_wallet, disconnect_wallet
from stickercase.domain.use_cases.create_invoice import create_invoice
from stickercase.domain.use_cases.deliver_gift import order_stars
from stickercase.domain.use_cases.fetch_avatar import fetch_avatar
from stickercase.domain.use_cases.forget_answers import forget_answers
from stickercase.domain.use_cases.forget_syncs import forget_syncs
from stickercase.domain.use_cases.forget_tasks import forget_tasks
from stickercase.domain.use_cases.identify_player import identify_player
from stickercase.domain.use_cases.lanes import threads_of_lanes
from stickercase.domain.use_cases.offer_upgrades import offer_upgrades
from stickercase.domain.use_cases.open_cases import open_cases
from stickercase.domain.use_cases.pause_deliveries import pause_deliveries, resume_deliveries
from stickercase.domain.use_cases.pay_withdrawals import pay_withdrawals
from stickercase.domain.use_cases.perform_task import perform_task
from stickercase.domain.use_cases.publish_cases import add_case, edit_case
from stickercase.domain.use_cases.pursue_delivery import pursue_delivery
from stickercase.domain.use_cases.put_picture import put_case_picture, put_pack_picture
from stickercase.domain.use_cases.read_notice import read_notice
from stickercase.domain.use_cases.receive_letter import receive_letter
from stickercase.domain.use_cases.reconcile import reconcile
from stickercase.domain.use_cases.reconcile_deliveries import reconcile_deliveries
from stickercase.domain.use_cases.reconcile_invoices import reconcile_invoices
from stickercase.domain.use_cases.reconcile_laws import reconcile_laws
from stickercase.domain.use_cases.reconcile_wallet import reconcile_hot_wallet, reconcile_wallet
from stickercase.domain.use_cases.relay_tasks import relay_tasks
from stickercase.domain.use_cases.request_withdrawal import request_withdrawal
from stickercase.domain.use_cases.resume_payouts import resume_payouts
from stickercase.domain.use_cases.retry_task import retry_task
from stickercase.domain.use_cases.rotate_seed import rotate_seed
from stickercase.domain.use_cases.sell_unit import sell_unit
from stickercase.domain.use_cases.settle_delivery import settle_delivery
from stickercase.domain.use_cases.settle_price import accept_price, reject_price
from stickercase.domain.use_cases.show_avatar import show_avatar
from stickercase.domain.use_cases.start_sync import start_sync
from stickercase.domain.use_cases.stock_packs import add_pack, add_units, edit_pack, top_up_units
from stickercase.domain.use_cases.sweep_tasks import sweep_tasks
from stickercase.domain.use_cases.sync_prices import sync_prices
from stickercase.domain.use_cases.take_out_unit import take_out_unit
from stickercase.domain.use_cases.tick_schedule import tick_schedule
from stickercase.domain.use_cases.update_chances import update_chances
from stickercase.domain.use_cases.update_floors import update_floors
from stickercase.domain.use_cases.update_prices import update_prices
from stickercase.domain.use_cases.upgrade_unit import upgrade_unit
from stickercase.domain.use_cases.watch_invoice import watch_invoice
from stickercase.domain.use_cases.welcome_player import welcome_player
from stickercase.entrypoints.settings import Settings

REST_SECONDS = 0.05
"""Between two questions of a reconciliation to a vendor: at most twenty a second, and one at a time."""


class Container(containers.DeclarativeContainer):
    """Adapters as singletons of a process, use cases with their ports filled in. Tests override a provider."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock = providers.Singleton(SystemClock)
    seeds = providers.Singleton(SystemSeeds)
    signatures = providers.Singleton(SodiumSignatures)
    sign_with = providers.Callable(sign_with)
    engine = providers.Singleton(connect, settings.provided.database_url, pool_size=settings.provided.database_pool)
    scanning_engine = providers.Singleton(
        connect, settings.provided.database_url, pool_size=2, by_key=False, statement_ms=0
    )
    reading_engine = providers.Singleton(
        connect, settings.provided.database_url, pool_size=settings.provided.database_pool
    )
    shelves_cache = providers.Singleton(
        PostgresShelves,
        reading_engine,
        case_stub=settings.provided.stub_of.call(CASES),
        pack_stub=settings.provided.stub_of.call(PACKS),
    )
    transactions = providers.Singleton(PostgresTransactions, engine, shelves_cache)
    reading = providers.Singleton(PostgresReading, reading_engine, shelves_cache)
    audits = providers.Singleton(PostgresAudits, scanning_engine)
    outflows = providers.Singleton(PostgresOutflows, scanning_engine)
    dealings = providers.Singleton(PostgresDealings, scanning_engine)
    work = providers.Singleton(PostgresWork, reading_engine)
    price_history = providers.Singleton(PostgresPriceHistory, reading_engine)
    office = providers.Singleton(PostgresOffice, reading_engine)
    identity = providers.Singleton(TelegramInitData, settings.provided.bot_token, settings.provided.init_data_max_age)
    sign_init_data = providers.Callable(sign_init_data, settings.provided.bot_token, clock)
    embedded_postgres = providers.Factory(EmbeddedPostgres)
    embedded_redis = providers.Factory(EmbeddedRedis)
    companion = providers.Factory(Companion)
    migrate = providers.Callable(migrate, settings.provided.database_url)
    dice = providers.Callable(fastest_dice)
    plots = providers.Callable(plots)
    redis = providers.Singleton(RedisPings, settings.provided.redis_url)
    rates = providers.Singleton(RedisRates, settings.provided.redis_url)
    connections_in_use = providers.Callable(
        connections_in_use, transactions=engine, reads=reading_engine, scans=scanning_engine
    )
    messages = providers.Singleton(DramatiqMessages, settings.provided.redis_url)
    crew = providers.Factory(
        DramatiqCrew,
        settings.provided.redis_url,
        threads=providers.Callable(threads_of_lanes, settings.provided.worker_threads),
    )
    chance = providers.Object(random.random)
    payments = providers.Singleton(
        TonConsolePayments,
        settings.provided.tonconsole_url,
        settings.provided.tonconsole_token,
        clock,
        app_id=settings.provided.tonconsole_app_id,
        token_setting="STICKERCASE_TONCONSOLE_TOKEN",  # noqa: S106 - a name and no secret
    )
    gifts = providers.Singleton(
        GiftlyGifts,
        settings.provided.giftly_url,
        settings.provided.giftly_token,
        token_setting="STICKERCASE_GIFTLY_TOKEN",  # noqa: S106 - a name and no secret
    )
    chain = providers.Singleton(
        ToncenterChain,
        settings.provided.ton_api_base.call(),
        settings.provided.ton_api_key,
        key_setting="STICKERCASE_TON_API_KEY",
    )
    payouts = providers.Singleton(
        hot_wallet,
        settings.provided.hot_wallet_mnemonic,
        settings.provided.hot_wallet_contract,
        settings.provided.network.call(),
        "STICKERCASE_HOT_WALLET_MNEMONIC",
    )
    delivery_pace = providers.Object(Pace())
    feeds = providers.Singleton(FloorsFeeds, settings.provided.floors_url, settings.provided.floor_tables.call())

    pictures = providers.Selector(
        settings.provided.pictures_in,
        bucket=providers.Singleton(
            S3Pictures,
            settings.provided.s3_bucket,
            url=settings.provided.s3_url,
            region=settings.provided.s3_region,
            access_key=settings.provided.s3_access_key,
            secret_key=settings.provided.s3_secret_key,
            base=settings.provided.pictures_url,
        ),
        folder=providers.Singleton(FolderPictures, settings.provided.pictures_dir, base=settings.provided.pictures_url),
    )
    photos = providers.Singleton(TelegramPhotos)

    identify_player = providers.Callable(identify_player, identity, clock)
    welcome_player = providers.Callable(welcome_player, transactions, clock, seeds)
    fetch_avatar = providers.Callable(fetch_avatar, transactions, photos, pictures)
    show_avatar = providers.Callable(show_avatar, pictures, settings.provided.stub_of.call(USERS))
    put_case_picture = providers.Callable(put_case_picture, transactions, clock, pictures)
    put_pack_picture = providers.Callable(put_pack_picture, transactions, clock, pictures)
    open_cases = providers.Callable(open_cases, transactions, clock)
    rotate_seed = providers.Callable(rotate_seed, transactions, clock, seeds)
    block_player = providers.Callable(block_player, transactions, clock)
    create_invoice = providers.Callable(
        create_invoice, transactions, clock, payments, settings.provided.least_deposit_nano
    )
    check_deposit = providers.Callable(check_deposit, transactions, clock, payments)
    watch_invoice = providers.Callable(watch_invoice, transactions, clock, payments)
    invoice_named = providers.Callable(invoice_named)
    read_notice = providers.Callable(read_notice, transactions, clock, invoice_named.provider)
    pay_withdrawals = providers.Callable(pay_withdrawals, transactions, clock, payouts, chain)
    resume_payouts = providers.Callable(resume_payouts, transactions, clock, payouts)
    reconcile_wallet = providers.Callable(reconcile_wallet, outflows, payouts, chain)
    reconcile_hot_wallet = providers.Callable(reconcile_hot_wallet, outflows, payouts, chain)
    reconcile_laws = providers.Callable(reconcile_laws, audits)
    rest = providers.Callable(rest, REST_SECONDS)
    reconcile_invoices = providers.Callable(reconcile_invoices, transactions, clock, dealings, payments, rest.provider)
    reconcile_deliveries = providers.Callable(
        reconcile_deliveries, transactions, clock, dealings, work, gifts, rest.provider
    )
    reconcile = providers.Callable(
        reconcile,
        transactions,
        clock,
        providers.List(reconcile_laws.provider, reconcile_hot_wallet.provider),
        providers.List(reconcile_invoices.provider, reconcile_deliveries.provider),
    )
    challenge_wallet = providers.Callable(challenge_wallet, transactions, clock, seeds)
    connect_wallet = providers.Callable(
        connect_wallet, transactions, clock, signatures, settings.provided.wallet_policy.call()
    )
    disconnect_wallet = providers.Callable(disconnect_wallet, transactions, clock)
    request_withdrawal = providers.Callable(
        request_withdrawal, transactions, clock, settings.provided.withdrawal_limits
    )
    review_withdrawal = providers.Callable(review_withdrawal, transactions, clock)
    sell_unit = providers.Callable(sell_unit, transactions, clock, settings.provided.sell_fee)
    upgrade_unit = providers.Callable(upgrade_unit, transactions, clock, settings.provided.upgrade_fee)
    offer_upgrades = providers.Callable(offer_upgrades, reading, clock, settings.provided.upgrade_fee)
    take_out_unit = providers.Callable(take_out_unit, transactions, clock, settings.provided.withdrawal_limits)
    order_stars = providers.Callable(order_stars, transactions, clock)
    pursue_delivery = providers.Callable(pursue_delivery, transactions, clock, gifts, delivery_pace)
    settle_delivery = providers.Callable(settle_delivery, transactions, clock)
    pause_deliveries = providers.Callable(pause_deliveries, transactions, clock)
    resume_deliveries = providers.Callable(resume_deliveries, transactions, clock)
    adjust_balance = providers.Callable(adjust_balance, transactions, clock)
    add_pack = providers.Callable(add_pack, transactions, clock)
    edit_pack = providers.Callable(edit_pack, transactions, clock)
    add_units = providers.Callable(add_units, transactions, clock)
    top_up_units = providers.Callable(top_up_units, transactions, clock)
    add_case = providers.Callable(add_case, transactions, clock)
    edit_case = providers.Callable(edit_case, transactions, clock)
    update_chances = providers.Callable(update_chances, transactions, clock)
    update_prices = providers.Callable(update_prices, transactions, clock)
    update_floors = providers.Callable(update_floors, transactions, clock)
    accept_price = providers.Callable(accept_price, transactions, clock)
    reject_price = providers.Callable(reject_price, transactions, clock)
    sync_prices = providers.Callable(
        sync_prices,
        transactions,
        clock,
        feeds,
        reading,
        reading,
        price_history,
        settings.provided.case_policy.call(),
    )
    start_sync = providers.Callable(start_sync, transactions, clock)
    forget_syncs = providers.Callable(forget_syncs, transactions, clock, settings.provided.syncs_kept)
    retry_task = providers.Callable(retry_task, transactions, clock)
    relay_tasks = providers.Callable(relay_tasks, transactions, clock, messages)
    perform_task = providers.Callable(perform_task, transactions, clock, chance)
    sweep_tasks = providers.Callable(sweep_tasks, transactions, clock, messages)
    tick_schedule = providers.Callable(tick_schedule, transactions, clock)
    forget_answers = providers.Callable(forget_answers, transactions, clock, settings.provided.answers_kept)
    forget_tasks = providers.Callable(forget_tasks, transactions, clock, settings.provided.tasks_kept)
    receive_letter = providers.Callable(receive_letter, transactions, clock)


def make_container(settings: Settings) -> Container:
    """The container for ``settings``; nothing is contacted yet."""
    return Container(settings=providers.Object(settings))
