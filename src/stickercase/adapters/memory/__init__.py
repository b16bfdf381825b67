"""Everything in one process's memory: for simulations and tests. Same contract as the database, nothing durable."""

from stickercase.adapters.memory.audits import MemoryAudits
from stickercase.adapters.memory.dealings import MemoryDealings
from stickercase.adapters.memory.messages import MemoryMessages
from stickercase.adapters.memory.outflows import MemoryOutflows
from stickercase.adapters.memory.price_history import MemoryPriceHistory
from stickercase.adapters.memory.reading import MemoryReading
from stickercase.adapters.memory.store import MemoryStore
from stickercase.adapters.memory.transactions import MemoryTransactions
from stickercase.adapters.memory.work import MemoryWork

__all__ = [
    "MemoryAudits",
    "MemoryDealings",
    "MemoryMessages",
    "MemoryOutflows",
    "MemoryPriceHistory",
    "MemoryReading",
    "MemoryStore",
    "MemoryTransactions",
    "MemoryWork",
]
