"""StickerCase: the engine and backend of a game of sticker-pack cases with published, provably fair odds."""
