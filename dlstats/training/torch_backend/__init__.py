"""The torch back end: any loss, any device."""
