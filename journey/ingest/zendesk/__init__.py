"""Zendesk's tables: tickets, comments, field history, chats, tags, users, SLA policies."""
