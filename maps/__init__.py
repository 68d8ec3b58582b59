"""What people carry: maps, sheets and files, all made from the same itinerary."""
