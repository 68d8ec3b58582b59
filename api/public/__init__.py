"""The public: when and where the van comes next, and what changed."""
