"""Conversations: what is said in them, who has them, and what becomes of them."""
