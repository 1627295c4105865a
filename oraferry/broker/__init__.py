"""The bell: RabbitMQ, or PostgreSQL's own notifications."""
