"""Problems and results that several tests share."""
