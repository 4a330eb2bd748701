"""What teams agree about their leads: who shares the credit, when a lead goes back to a pool, who may take it from there."""
