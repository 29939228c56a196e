"""The log on Kafka: for our own workers, and for everybody else."""
